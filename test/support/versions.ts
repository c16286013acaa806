/** The server versions this package is tested against, oldest first. */
export const versions = ['0.23.12', '0.36.8', '0.39.8', '0.39.11', '0.40.4'] as const

/** The oldest supported server. */
export const oldest = versions[0]

/** The newest released server: what `npm test` runs against. */
export const newest = '0.40.4'

/**
 * The versions a server suite runs against: `PB_VERSIONS` (`all`, `edges`, or a comma-separated list), by default
 * the newest alone.
 */
export function versionsUnderTest(
  setting: string | undefined = process.env['PB_VERSIONS'],
): readonly string[] {
  if (!setting) return [newest]
  if (setting === 'all') return versions
  if (setting === 'edges') return [oldest, newest]
  return setting.split(',').map((version) => version.trim())
}
