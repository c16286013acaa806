/** `GET /api/analytics/dashboard`: the page. It holds no data, and whoever uses it signs in there. */
export function showDashboard(e: RequestEvent): void {
  const headers = e.response.header()
  headers.set('content-security-policy', dashboard.policy)
  headers.set('x-content-type-options', 'nosniff')
  headers.set('referrer-policy', 'no-referrer')
  // To be asked for each time: after an update of the pack it is another one.
  headers.set('cache-control', 'no-cache')
  headers.set('etag', dashboard.etag)
  const known = e.request.header.get('if-none-match')
  if (known.replace(/^W\//, '') === dashboard.etag) return e.noContent(304)
  return e.html(200, dashboard.html)
}
