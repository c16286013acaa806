import { expect, test } from 'vitest'

import { printProgress, runStep } from '../../src/testing/progress.ts'
import type { ServerProgress } from '../../src/testing/progress.ts'

function progress(message: string, elapsedMs: number, done = false): ServerProgress {
  return { step: 'build', message, elapsedMs, done }
}

function printed(isTTY: boolean, reports: ServerProgress[]): string {
  let text = ''
  const print = printProgress({ isTTY, write: (part) => (text += part) })
  for (const report of reports) print(report)
  return text
}

const reports = [
  progress('Building', 0),
  progress('Building: 5 s', 5000),
  progress('Building: 10 s', 10_000),
  progress('Building: 15 s', 15_000),
  progress('Built in 16 s', 16_000, true),
]

test('a terminal shows one line that overwrites itself', () => {
  expect(printed(true, reports.slice(-2))).toBe('\r\x1b[KBuilding: 15 s\r\x1b[KBuilt in 16 s\n')
})

test('elsewhere there is a line at the start, at the end, and every ten seconds', () => {
  expect(printed(false, reports)).toBe('Building\nBuilding: 10 s\nBuilt in 16 s\n')
})

test('every step has its first line, also the second of the same kind', () => {
  expect(printed(false, [...reports.slice(-2), progress('Building', 0)])).toContain(
    'Built in 16 s\nBuilding\n',
  )
})

test('a step that has begun to report also reports its failure', async () => {
  const seen: string[] = []
  const fail = async (begin: boolean) =>
    runStep(
      'download',
      ({ message, done }) => seen.push(`${message} ${done}`),
      async (step) => {
        if (begin) step.report('Downloading')
        throw new Error('no network')
      },
    )
  await expect(fail(false)).rejects.toThrow('no network')
  expect(seen).toEqual([])
  await expect(fail(true)).rejects.toThrow('no network')
  expect(seen).toEqual([
    'Downloading false',
    expect.stringMatching(/^The download failed after \d+\.\d s: no network true$/),
  ])
})
