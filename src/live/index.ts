/// <reference lib="esnext.disposable" preserve="true" />
export { liveList } from './list.ts'
export type { LiveListLimits, LiveListOptions, TypedLiveListOptions } from './list.ts'
export { liveOne } from './one.ts'
export type { LiveOneOptions } from './one.ts'
export type { Live, LiveList, LiveOne, LiveState, Named, NameOf, Plain, SchemaOf } from './types.ts'
