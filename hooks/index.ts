import * as ingestion from './analytics/ingest.ts'
import { forgetRequests } from './analytics/limiter.ts'
import * as logs from './analytics/raw-logs.ts'
import * as statistics from './analytics/stats.ts'
import * as configuration from './config.ts'
import { showDashboard } from './dashboard/route.ts'
import { events } from './forwarding/events.ts'
import { forward } from './forwarding/run.ts'
import { spans as spanFeed } from './forwarding/spans.ts'
import { route } from './http.ts'
import { removeOld } from './retention.ts'
import { prepareTables } from './schema.ts'
import * as dyedUsers from './traces/dyed-users.ts'
import { trace } from './traces/middleware.ts'
import { recording } from './traces/mode.ts'
import * as percentiles from './traces/routes.ts'
import * as spans from './traces/spans.ts'

// What pbts.pb.js names. Each call runs in some engine: they share nothing but the database and the store.

export function bootstrap(): void {
  // The server must start whatever is wrong with the pack.
  try {
    prepareTables()
    dyedUsers.loadDyedUsers()
  } catch (error) {
    console.error(`pbts: ${String(error)}`)
  }
}

export function everyMinute(): void {
  forgetRequests(Date.now())
  dyedUsers.forgetDyedUsers()
}

export function isForwarding(): boolean {
  return events.target.url !== '' || spanFeed.target.url !== ''
}

export function forwardEvents(): void {
  forward(events)
}

export function forwardSpans(): void {
  forward(spanFeed)
}

export function unknown(): never {
  throw new NotFoundError("The requested resource wasn't found.")
}

export function isTracing(): boolean {
  return recording.isOn
}

// What a route answers.

export const ingest = route(ingestion.ingest)
export const stats = route(statistics.stats)
export const topPages = route(statistics.topPages)
export const topSources = route(statistics.topSources)
export const devices = route(statistics.devices)
export const rawLogs = route(logs.rawLogs)
export const rawLog = route(logs.rawLog)
export const config = route(configuration.config)
export const showPage = route(showDashboard)
export const listSpans = route(spans.listSpans)
export const getTrace = route(spans.getTrace)
export const getSpan = route(spans.getSpan)
export const deleteTrace = route(spans.deleteTrace)
export const routes = route(percentiles.routes)
export const listDyedUsers = route(dyedUsers.listDyedUsers)
export const addDyedUser = route(dyedUsers.addDyedUser)
export const getDyedUser = route(dyedUsers.getDyedUser)
export const removeDyedUser = route(dyedUsers.removeDyedUser)
export const updateDyedUser = route(dyedUsers.updateDyedUser)

export { removeOld, trace }
