/** What is in a form that is sent, by the names of its fields. */
export function textsOf(event: SubmitEvent): Record<string, string> {
  const data = new FormData(event.currentTarget as HTMLFormElement)
  const texts: Record<string, string> = {}
  for (const [name, value] of data) if (typeof value === 'string') texts[name] = value
  return texts
}
