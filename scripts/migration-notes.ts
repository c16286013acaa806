/** What differs from the official client, by the names of its members: `better` or `different`, and why. */
export const notes: { [member: string]: { better: string } | { different: string } } = {
  'PocketBase.beforeSend()': {
    better: 'may return nothing, after changing the options in place',
  },
  'PocketBase.afterSend()': {
    better: 'also called for failures; always gets the options',
  },
  'PocketBase.autoCancellation()': {
    better: 'writes are not cancelled without a `requestKey`: the server may have done them',
  },
  'PocketBase.filter()': {
    better:
      'no value can break out of its place, on any version; also a [tagged template](filters.md)',
  },
  'PocketBase.collection()': {
    better: 'with a schema, its records, options and bodies are [typed](types.md)',
  },
  'PocketBase.createBatch()': {
    better: 'methods return handles for typed results; see also [`pb.batch()`](batch.md)',
  },
  'PocketBase.send()': {
    better:
      'an answer that is not JSON is an error; a server that is silent for 30 s is one too (`timeout`)',
  },
  ClientResponseError: {
    better: 'has subclasses by what happened, `fieldErrors`, `describe()`, and a `hint`',
  },
  'ClientResponseError.isAbort': { better: "true for the caller's own `signal` too" },
  'ClientResponseError.toJSON()': {
    different: 'a plain object without URL query and headers, which may hold secrets',
  },
  'CollectionService.dryRunViewQuery()': {
    different: 'declared as what servers answer: `{ fields, sample }`',
  },
  'RealtimeService.subscribe()': {
    better: 'exact topics; needs no `EventSource`; survives lost connections, and tells the gap',
  },
  'RealtimeService.unsubscribe()': { better: 'works at once, also while connecting' },
  'RecordService.subscribe()': {
    better: 'follows sign-in and sign-out; see [realtime](realtime.md)',
  },
  'RecordService.getFullList()': {
    better: 'by key where `sort` is `id`, so that no row is lost or doubled',
  },
  'RecordService.create()': {
    better: 'files as streams and from the disk, progress, and with `retry` stored once',
  },
  'RecordService.authWithOAuth2()': {
    better: 'a blocked or closed window is an error, and so is nobody signing in for 5 minutes',
  },
  'RecordService.authRefresh()': {
    better: 'happens by itself before the token ends, for every auth collection',
  },
  'RecordService.confirmPasswordReset()': {
    better: 'signs the record out: its token is dead',
  },
  'RecordService.authWithPassword()': {
    better: 'a second factor is a `MfaRequiredError` with its `mfaId`',
  },
  'FileService.getToken()': {
    better: 'besides `getPrivateURL()`, which keeps a token until it ends',
  },
  'BackupService.restore()': { better: 'can wait until the server is back' },
  'BaseAuthStore.loadFromCookie()': { better: 'a malformed cookie is nobody; it never throws' },
  'LocalAuthStore.save()': { better: 'where storage is blocked, memory does' },
  LogModel: {
    different: 'declared as servers answer: `level` is a number, and there is no `updated`',
  },
  OAuth2Provider: { different: '`pkce` may be `null`' },
  OAuth2Config: { different: 'optional where servers leave it out' },
  BaseCollectionModel: { different: 'rules may be `null`: for superusers alone' },
  ViewCollectionModel: { different: 'rules may be `null`: for superusers alone' },
  AuthCollectionModel: { different: 'rules may be `null`: for superusers alone' },
  CollectionModel: { different: 'rules may be `null`: for superusers alone' },
}
