/** What pages that are traced have besides the client. */
export { context, trace } from '@opentelemetry/api'
export { StackContextManager, TracerProvider } from '@opentelemetry/sdk-trace'

export { instrument } from '../../src/opentelemetry/index.ts'
