export { startAnalytics } from './start.ts'
export type { Analytics, StartAnalyticsOptions } from './start.ts'
