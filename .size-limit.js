/**
 * What a few real imports cost a browser app: bundled and minified by esbuild, compressed by brotli.
 * A limit is the measured size and a small margin; raising one belongs in the commit that explains it.
 *
 * The default import holds the whole client. Its largest parts: realtime 3.0 kB (a stream over fetch with its parser, one list of
 * topics, reconnecting, gaps, probes, iteration), files 2.0 kB (form data of streams, progress by XMLHttpRequest and by counting,
 * downloads, private URLs), all ways to sign in 1.8 kB, filters that are exact on every server 1.1 kB, administration,
 * walks by key, and batches 0.9 kB each, sessions 1.3 kB, cookies and writing where a filter matches 0.6 kB each. `npm run bench` has
 * the goal for its size and says by how much it is missed.
 */
export default [
  {
    name: "import PocketBase from 'pocketbase-typescript'",
    path: 'dist/index.js',
    import: 'PocketBase',
    limit: '21 kB',
  },
  {
    name: "import { MemoryAuthStore } from 'pocketbase-typescript'",
    path: 'dist/index.js',
    import: '{ MemoryAuthStore }',
    limit: '1.35 kB',
  },
  {
    name: "import { isClientResponseError } from 'pocketbase-typescript'",
    path: 'dist/index.js',
    import: '{ isClientResponseError }',
    limit: '0.12 kB',
  },
  {
    name: "import { isTokenExpired } from 'pocketbase-typescript'",
    path: 'dist/index.js',
    import: '{ isTokenExpired }',
    limit: '0.3 kB',
  },
]
