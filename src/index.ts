export { PocketBase as default, PocketBase, PocketBase as AsyncPocketBase } from './client.ts'
export type { AuthStoreFor, IfUntyped, PocketBaseOptions, ServiceFor } from './client.ts'

export { AsyncAuthStore } from './auth/async.ts'
export type { AsyncAuthStoreOptions, AsyncClearFunc, AsyncSaveFunc } from './auth/async.ts'
export { cookieParse, cookieSerialize } from './auth/cookie.ts'
export type { ParseOptions, SerializeOptions } from './auth/cookie.ts'
export { BaseAuthStore, MemoryAuthStore } from './auth/store.ts'
export type { AuthModel, AuthRecord, OnStoreChangeFunc } from './auth/store.ts'
export { getTokenPayload, isTokenExpired } from './auth/token.ts'
export { LocalAuthStore } from './auth/web-storage.ts'

export { createFile } from './core/body.ts'
export type { FileInput, FileSource, NativeFile } from './core/body.ts'
export {
  AbortError,
  ApiError,
  AuthError,
  BatchError,
  ClientResponseError,
  DecodeError,
  ForbiddenError,
  isClientResponseError,
  isMfaRequiredError,
  MfaRequiredError,
  NetworkError,
  NotFoundError,
  OAuth2Error,
  RateLimitError,
  ServerError,
  TimeoutError,
  ValidationError,
} from './core/errors.ts'
export type { ErrorDetails, ErrorKind, FieldError } from './core/errors.ts'
export type { Middleware, OutgoingRequest } from './core/exchange.ts'
export type { Filter, FilterValue } from './core/filter.ts'
export type { HeaderRecord } from './core/headers.ts'
export { normalizeUnknownQueryParams } from './core/options.ts'
export type { FetchFunction, RequestOptions, SendOptions } from './core/options.ts'
export type { Progress, ProgressListener } from './core/progress.ts'
export { serializeQueryParams } from './core/query.ts'
export type { RetryOptions } from './core/retry.ts'
export type { BeforeSendResult, TransportOptions } from './core/transport.ts'

export type {
  AuthAlertConfig,
  AuthCollectionModel,
  BaseCollectionModel,
  Collection,
  CollectionField,
  CollectionModel,
  EmailTemplate,
  MFAConfig,
  OAuth2Config,
  OAuth2Provider,
  OTPConfig,
  PasswordAuthConfig,
  TokenConfig,
  ViewCollectionModel,
} from './schema/collections.ts'
export type { BaseModel, BodyParams, ListResult, RecordModel } from './schema/records.ts'
export type {
  AuthOnly,
  AuthRecords,
  CollectionName,
  CreateOf,
  GeoPoint,
  JsonOf,
  JsonTypes,
  RecordOf,
  RelationsOf,
  SchemaError,
  Untyped,
  UpdateOf,
} from './schema/schema.ts'
export type { ExpandArg, Expanded, ExpandMap, WithExpand } from './schema/expand.ts'
export type { Answer, FieldsArg, SplitFields, WithFields } from './schema/fields.ts'
export type { FilterParams, Placeholder } from './schema/filter.ts'
export type { IsDynamic, PathHead, PathTail, RelationTarget, SplitPaths } from './schema/paths.ts'
export type { SortArg } from './schema/sort.ts'

export type { AppSettings, RateLimitRule, S3Config, SettingsChange } from './schema/settings.ts'

export { AnalyticsService } from './services/analytics.ts'
export type {
  AnalyticsConfig,
  AnalyticsEvent,
  AnalyticsPeriod,
  AnalyticsRange,
  AnalyticsStats,
  DeviceStats,
  TopPages,
  TopSources,
  TrackOptions,
  TrackResult,
  VisitorCount,
} from './services/analytics.ts'
export { BackupService } from './services/backups.ts'
export type { BackupFileInfo, BackupRestoreOptions } from './services/backups.ts'
export { BaseService } from './services/base.ts'
export { BatchService, SubBatchService } from './services/batch.ts'
export type {
  BatchAnswers,
  BatchFor,
  BatchItem,
  BatchOptions,
  BatchRequest,
  BatchRequestResult,
  BatchResults,
  TypedBatchItemOptions,
  TypedBatchOptions,
  TypedBatchService,
  TypedSubBatchService,
} from './services/batch.ts'
export { CollectionService } from './services/collections.ts'
export type {
  CollectionImport,
  CollectionScaffolds,
  ConfigurableOAuth2Provider,
  ViewDryRun,
} from './services/collections.ts'
export { CronService } from './services/crons.ts'
export type { CronJob } from './services/crons.ts'
export { CrudService, ReadService } from './services/crud.ts'
export { FileService } from './services/files.ts'
export type { FileOptions } from './services/files.ts'
export { HealthService } from './services/health.ts'
export type { HealthCheckResponse } from './services/health.ts'
export { LogService } from './services/logs.ts'
export type { HourlyStats, LogModel, LogStatsOptions } from './services/logs.ts'
export type {
  AuthOptions,
  BulkOptions,
  BulkProgress,
  BulkSettings,
  CommonOptions,
  FullListOptions,
  ListOptions,
  RecordFullListOptions,
  RecordListOptions,
  RecordOptions,
  RecordWalkOptions,
  SignInOptions,
  WalkOptions,
  TypedBulkOptions,
  TypedExpandOptions,
  TypedFullListOptions,
  TypedListOptions,
  TypedRecordOptions,
  TypedSignInOptions,
  TypedSortOptions,
} from './services/options.ts'
export type {
  AuthMethodsList,
  AuthProviderInfo,
  OAuth2AuthConfig,
  OAuth2CompleteOptions,
  OAuth2CreateData,
  OAuth2Options,
  OAuth2StartConfig,
  OAuth2UrlCallback,
  OAuth2Storage,
  OTPResponse,
  RecordAuthResponse,
  TypedOAuth2AuthConfig,
  TypedOAuth2CompleteOptions,
  TypedOAuth2StartConfig,
} from './services/records/auth.ts'
export type { RecordAccountService } from './services/records/account-service.ts'
export type { RecordSignInService } from './services/records/sign-in-service.ts'
export { expanded } from './services/records/expanded.ts'
export type { ExpandedPath, ExpandedValue } from './services/records/expanded.ts'
export { RecordService } from './services/records/index.ts'
export type { TypedRecordAuthService } from './services/records/typed-auth.ts'
export type { TypedRecordService } from './services/records/typed.ts'
export type { Own, UncheckedArguments } from './services/records/unchecked.ts'
export type { EventIterator } from './realtime/events.ts'
export { RealtimeService } from './services/realtime.ts'
export type {
  EventsOptions,
  SubscribeOptions,
  SubscribeSettings,
  UnsubscribeFunc,
} from './services/realtime.ts'
export type { RealtimeChange, RealtimeGap, RealtimeOptions } from './realtime/connection.ts'
export type { EventSourceLike } from './realtime/stream.ts'
export type {
  EventsSettings,
  RecordEvent,
  RecordSubscribeOptions,
  RecordSubscription,
  TypedSubscribeOptions,
} from './services/records/events.ts'
export { SettingsService } from './services/settings.ts'
export type { AppleClientSecret } from './services/settings.ts'
export { SQLService } from './services/sql.ts'
export type { SQLResult } from './services/sql.ts'
export { TraceService } from './services/traces.ts'
export type {
  DyedUser,
  DyedUserOptions,
  RouteStats,
  RouteStatsList,
  SpanList,
  SpanListOptions,
  TraceSpan,
} from './services/traces.ts'
