export default defineEventHandler(async (event) => {
  const { email, password } = await readBody<{ email: string; password: string }>(event)
  try {
    await event.context.pb.collection('users').authWithPassword(email, password)
  } catch {
    return sendRedirect(event, '/?failed', 303)
  }
  return sendRedirect(event, '/', 303)
})
