/** One report of {@link FindOptions.onProgress}: something slow has begun, moved or ended. */
export interface ServerProgress {
  /** `download` and `build` fetch an executable, `wait` waits for another process that does. */
  step: 'download' | 'build' | 'wait'
  /** A readable line, such as `Downloading PocketBase 0.40.4: 3.1 of 12.4 MB (25%)`. */
  message: string
  /** Milliseconds since the step began. */
  elapsedMs: number
  /** True in the last report of a step, also of one that failed. */
  done: boolean
  /** Bytes so far. Only while downloading. */
  receivedBytes?: number | undefined
  /** Size of the download; missing while unknown. */
  totalBytes?: number | undefined
  /** 0 to 100, whole; missing while the size is unknown. */
  percent?: number | undefined
}

/** Receives the reports. */
export type OnProgress = (progress: ServerProgress) => void

/** What {@link printProgress} needs of a stream. */
export interface ProgressOutput {
  /** Whether lines can be written over. */
  isTTY?: boolean | undefined
  /** Prints a text. */
  write(text: string): unknown
}

const secondsBetweenLines = 10

/**
 * Makes a reporter that writes to `output`: on a terminal one line that overwrites itself, elsewhere
 * the first and last report of each step and one every ten seconds between.
 */
export function printProgress(output: ProgressOutput = process.stderr): OnProgress {
  let step: string | undefined
  let printedAtMs = 0
  return (progress) => {
    const begins = progress.step !== step
    step = progress.done ? undefined : progress.step
    if (output.isTTY) {
      output.write(`\r\x1b[K${progress.message}${progress.done ? '\n' : ''}`)
    } else if (
      begins ||
      progress.done ||
      progress.elapsedMs - printedAtMs >= secondsBetweenLines * 1000
    ) {
      printedAtMs = progress.elapsedMs
      output.write(`${progress.message}\n`)
    }
  }
}

/** What a step has in hand. */
export interface Step {
  /** Reports progress; `details` may add the figures. */
  report(message: string, details?: Partial<ServerProgress>): void
  /** Time since the step began: `12.3 s`. */
  elapsed(): string
}

/** Runs one step. What has begun to report also reports its failure; its success is for `work` to report. */
export async function runStep<T>(
  name: ServerProgress['step'],
  onProgress: OnProgress,
  work: (step: Step) => Promise<T>,
): Promise<T> {
  const startedAt = performance.now()
  const elapsedMs = () => performance.now() - startedAt
  let begun = false
  const step: Step = {
    report: (message, details) => {
      begun = true
      onProgress({ step: name, message, elapsedMs: elapsedMs(), done: false, ...details })
    },
    elapsed: () => `${(elapsedMs() / 1000).toFixed(1)} s`,
  }
  try {
    return await work(step)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (begun) step.report(`The ${name} failed after ${step.elapsed()}: ${message}`, { done: true })
    throw error
  }
}
