/**
 * What a few real imports cost a browser app: bundled and minified by esbuild, compressed by brotli.
 * A limit is the measured size and a small margin; raising one belongs in the commit that explains it.
 *
 * The default import holds the whole client. Its parts, the largest first: realtime (a stream over fetch with its parser, one list of
 * topics, reconnecting, gaps, probes, iteration), files (form data of streams, progress by XMLHttpRequest and by counting,
 * downloads, private URLs), all ways to sign in, sessions, filters that are exact on every server, administration,
 * walks by key, batches, cookies, analytics and traces, writing where a filter matches. `npm run bench` has
 * the goal for its size and says by how much it is missed.
 */
export default [
  {
    name: "import PocketBase from 'pocketbase-typescript'",
    path: 'dist/index.js',
    import: 'PocketBase',
    limit: '21.9 kB',
  },
  {
    name: "import { MemoryAuthStore } from 'pocketbase-typescript'",
    path: 'dist/index.js',
    import: '{ MemoryAuthStore }',
    limit: '1.34 kB',
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
  {
    name: "import { startAnalytics } from 'pocketbase-typescript/analytics'",
    path: 'dist/analytics/index.js',
    import: '{ startAnalytics }',
    limit: '2.1 kB',
  },
  {
    name: "import { instrument } from 'pocketbase-typescript/opentelemetry'",
    path: 'dist/opentelemetry/index.js',
    import: '{ instrument }',
    ignore: ['@opentelemetry/api'],
    limit: '1.5 kB',
  },
]
