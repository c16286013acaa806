/** Refuses forms of other sites. */
export default defineEventHandler((event) => {
  const site = getHeader(event, 'sec-fetch-site') ?? 'same-origin'
  if (event.method === 'POST' && site !== 'same-origin') throw createError({ statusCode: 403 })
})
