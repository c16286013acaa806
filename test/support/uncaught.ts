/** Runs a test, and collects for it what nobody catches. */
export async function whatIsThrown(run: (thrown: unknown[]) => Promise<void>): Promise<void> {
  const thrown: unknown[] = []
  const onError = (error: unknown): void => void thrown.push(error)
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', onError)
  try {
    await run(thrown)
  } finally {
    process.off('uncaughtException', onError)
    for (const other of others) process.on('uncaughtException', other)
  }
}
