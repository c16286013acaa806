import { ensureDist } from '../../scripts/ensure-dist.ts'

/** What vitest runs before the tests that need what is built. */
export const setup = ensureDist
