/** What the bench holds this client to. A missed limit makes `npm run bench` exit with 1. */
export const limits = {
  /** CPU per request beside the official client's. The same `fetch` takes most of both, so little is left to be faster in. */
  cpuRatioOneAtATime: 0.85,

  /** With 64 at once `fetch` takes nearly all of both: deadlines, cancelling and checks of answers may cost next to nothing. */
  cpuRatioAt64: 1.05,

  /** With `nodeFetch`, beside the official client on the global `fetch`: writing to a socket and reading from it take most of this. */
  nodeFetchCpuRatioOneAtATime: 0.5,

  /** The same with 64 at once. */
  nodeFetchCpuRatioAt64: 0.35,

  /** Realtime events per second of CPU, to those of the official client with the package `eventsource`. */
  eventsRatio: 1.3,

  /** After 100,000 requests, in MiB: ten bytes for each. A controller, a key or a promise that stays would take hundreds. */
  heapGrowthMiB: 1,

  /** Walking by key, the last page costs what the first costs; half as much again is what a busy computer may do to it. */
  lastPagesToFirst: 1.5,

  /** 1,000 calls of the blocking client, one after the other, beside as many that are awaited: half of their rate at least. */
  blockingTimeRatio: 2,

  /** The default import as browsers load it, in kB: the goal. What is reached, and held, is in `.size-limit.js`. */
  bundleKB: 9,

  /** A schema of 50 collections and 200 calls: what the compilers make of it. Counts of types show what instantiations alone hide. */
  typesInstantiations: 100_000,
  typesTypes: 20_000,

  /** … and how long that takes, over what making the client takes. */
  typesSeconds59: 0.8,
  typesSeconds7: 0.2,

  /** The hooks pack on two cores, which the sender shares. */
  hooksEventsPerSecond: 5000,

  /** Statistics and top pages of 30 days, of 1,000,000 events. */
  hooksStatsMs: 150,

  /** Reading a record where other users are dyed, to reading it from a server without the pack. */
  hooksDyedRatio: 1.15,
} as const
