export default defineEventHandler(async (event) => {
  event.context.pb.authStore.clear()
  return sendRedirect(event, '/', 303)
})
