/** A date as the server writes and compares it: `2026-01-31 10:00:00.000Z`. */
export function formatDate(date: Date): string {
  if (Number.isNaN(date.getTime())) throw new TypeError('An invalid Date cannot be sent.')
  return date.toISOString().replace('T', ' ')
}
