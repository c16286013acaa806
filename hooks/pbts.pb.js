/**
 * Analytics and traces for PocketBase 0.23 and newer: the routes, the middleware and the jobs. What they do is in
 * pbts/index.js. Each function here is run from its source text, elsewhere, so it can use nothing of this file.
 *
 * https://www.npmjs.com/package/pocketbase-typescript
 */

onBootstrap((e) => {
  e.next()
  require(`${__hooks}/pbts/index.js`).bootstrap()
})

// A log row for each batch of events would be larger than the events.
const unlogged = $apis.skipSuccessActivityLog()
const superuser = $apis.requireSuperuserAuth()

// Analytics.

routerAdd('POST', '/api/analytics/events', (e) => require(`${__hooks}/pbts/index.js`).ingest(e), unlogged, $apis.bodyLimit(256 << 10))
routerAdd('GET', '/api/analytics/stats', (e) => require(`${__hooks}/pbts/index.js`).stats(e), unlogged, superuser)
routerAdd('GET', '/api/analytics/top-pages', (e) => require(`${__hooks}/pbts/index.js`).topPages(e), unlogged, superuser)
routerAdd('GET', '/api/analytics/top-sources', (e) => require(`${__hooks}/pbts/index.js`).topSources(e), unlogged, superuser)
routerAdd('GET', '/api/analytics/devices', (e) => require(`${__hooks}/pbts/index.js`).devices(e), unlogged, superuser)
routerAdd('GET', '/api/analytics/config', (e) => require(`${__hooks}/pbts/index.js`).config(e), unlogged, superuser)
routerAdd('GET', '/api/analytics/raw-logs', (e) => require(`${__hooks}/pbts/index.js`).rawLogs(e), unlogged, superuser)
// It looks at the token itself, which may be one for files.
routerAdd('GET', '/api/analytics/raw-logs/{date}', (e) => require(`${__hooks}/pbts/index.js`).rawLog(e), unlogged)

// A page that shows all of this. It holds no data: whoever opens it signs in there.
routerAdd('GET', '/api/analytics/dashboard', (e) => require(`${__hooks}/pbts/index.js`).showPage(e), unlogged, $apis.gzip())

// Traces.

routerAdd('GET', '/api/_/trace/spans', (e) => require(`${__hooks}/pbts/index.js`).listSpans(e), unlogged, superuser)
routerAdd('GET', '/api/_/trace/spans/{traceId}', (e) => require(`${__hooks}/pbts/index.js`).getTrace(e), unlogged, superuser)
routerAdd('DELETE', '/api/_/trace/spans/{traceId}', (e) => require(`${__hooks}/pbts/index.js`).deleteTrace(e), unlogged, superuser)
routerAdd('GET', '/api/_/trace/spans/{traceId}/{spanId}', (e) => require(`${__hooks}/pbts/index.js`).getSpan(e), unlogged, superuser)
routerAdd('GET', '/api/_/trace/routes', (e) => require(`${__hooks}/pbts/index.js`).routes(e), unlogged, superuser)
routerAdd('GET', '/api/_/trace/dyed-users', (e) => require(`${__hooks}/pbts/index.js`).listDyedUsers(e), unlogged, superuser)
routerAdd('POST', '/api/_/trace/dyed-users', (e) => require(`${__hooks}/pbts/index.js`).addDyedUser(e), unlogged, superuser)
routerAdd('GET', '/api/_/trace/dyed-users/{id}', (e) => require(`${__hooks}/pbts/index.js`).getDyedUser(e), unlogged, superuser)
routerAdd('DELETE', '/api/_/trace/dyed-users/{id}', (e) => require(`${__hooks}/pbts/index.js`).removeDyedUser(e), unlogged, superuser)
routerAdd('PUT', '/api/_/trace/dyed-users/{id}/ttl', (e) => require(`${__hooks}/pbts/index.js`).updateDyedUser(e), unlogged, superuser)

// What else is asked for below would be answered by the public folder's index.html.
for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
  routerAdd(method, '/api/analytics/{path...}', (e) => require(`${__hooks}/pbts/index.js`).unknown(e), unlogged, superuser)
  routerAdd(method, '/api/_/trace/{path...}', (e) => require(`${__hooks}/pbts/index.js`).unknown(e), unlogged, superuser)
}

if (require(`${__hooks}/pbts/index.js`).isTracing()) {
  // A middleware holds its engine while the request lasts. With this id, routes that ask not to be logged are without it:
  // realtime connections, which last for ever, and the routes above. -1039 is just inside of what measures the time.
  routerUse(new Middleware((e) => require(`${__hooks}/pbts/index.js`).trace(e), -1039, 'pbSkipSuccessActivityLog'))
}

// Jobs, in UTC.

cronAdd('pbtsMinute', '* * * * *', () => require(`${__hooks}/pbts/index.js`).everyMinute())
cronAdd('pbtsRetention', '17 3 * * *', () => require(`${__hooks}/pbts/index.js`).removeOld())
if (require(`${__hooks}/pbts/index.js`).isForwarding()) {
  cronAdd('pbtsForwardEvents', '* * * * *', () => require(`${__hooks}/pbts/index.js`).forwardEvents())
  cronAdd('pbtsForwardSpans', '* * * * *', () => require(`${__hooks}/pbts/index.js`).forwardSpans())
}
