import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

import { official, ours } from './contestants.ts'
import type { Row } from './row.ts'
import { ratios, spread } from './statistics.ts'

const rounds = 21

/** A whole process that imports a client and ends, beside one that imports nothing. */
export async function measureImports(node: string): Promise<Row[]> {
  const modules = [undefined, official.module, ours.module]
  const costs = modules.map((): Cost[] => [])
  // The first round of all reads files that the others find in memory.
  for (let round = -1; round < rounds; round++) {
    for (const [index, module] of modules.entries()) {
      const cost = await importOnce(node, module)
      if (round >= 0) costs[index]!.push(cost)
    }
  }
  const row = (what: string, member: keyof Cost): Row => {
    const [alone, theirs, own] = costs.map((values) => values.map((cost) => cost[member]))
    return {
      what,
      unit: 'ms',
      floor: spread(alone!).median,
      official: spread(theirs!).median,
      ours: spread(own!).median,
      ratio: ratios(own!, theirs!),
    }
  }
  return [row('A process that imports it, from start to end', 'wallMs'), row('… its CPU', 'cpuMs')]
}

interface Cost {
  readonly wallMs: number
  readonly cpuMs: number
}

async function importOnce(node: string, module: string | undefined): Promise<Cost> {
  const load = module ? `await import(${JSON.stringify(module)})` : ''
  const script = `${load}; const { user, system } = process.cpuUsage(); console.log(user + system)`
  const startedAt = performance.now()
  const child = spawn(node, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [printed, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  const wallMs = performance.now() - startedAt
  if (exitCode !== 0) throw new Error(`${module} could not be imported`)
  return { wallMs, cpuMs: Number(printed) / 1000 }
}
