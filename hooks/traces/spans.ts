import { readJSON, write } from '../database.ts'
import { answer, limitOf, query } from '../http.ts'

/** A span on the wire. */
interface Span {
  readonly id: string
  readonly traceId: string
  readonly spanId: string
  readonly parentId?: string
  readonly name: string
  readonly kind: string
  /** Unix microseconds. */
  readonly startTime: number
  /** In microseconds. */
  readonly duration: number
  readonly status: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly created: string
}

interface Row extends Omit<Span, 'attributes' | 'created'> {
  readonly parentId: string
  readonly method: string
  readonly route: string
  readonly target: string
  readonly code: number
  readonly uid: string
  readonly dyed: number
  readonly attributes: string
}

const columns: Readonly<Record<string, string>> = {
  id: 'id',
  trace_id: 'trace_id',
  traceId: 'trace_id',
  span_id: 'span_id',
  spanId: 'span_id',
  parent_id: 'parent_id',
  parentId: 'parent_id',
  name: 'name',
  kind: 'kind',
  start_time: 'start_time',
  startTime: 'start_time',
  duration: 'duration',
  status: 'status',
  attributes: 'attributes',
  // They are stored when they end, so in this order.
  created: 'id',
}

/** `GET /api/_/trace/spans` */
export function listSpans(e: RequestEvent): void {
  const { where, parameters } = filterOf(e)
  const orderBy = query(e, 'orderBy') || 'start_time'
  if (!Object.keys(columns).includes(orderBy)) {
    throw new BadRequestError(`orderBy takes ${Object.keys(columns).join(', ')}.`)
  }
  const direction = query(e, 'orderDir') === 'asc' ? 'ASC' : 'DESC'
  const perPage = limitOf(query(e, 'limit'), 20, 500)
  const page = limitOf(query(e, 'page'), 0, 2 ** 31)
  const offset = page > 0 ? (page - 1) * perPage : limitOf(query(e, 'offset'), 0, 2 ** 40)
  const [totalCount] = readJSON<[number]>(
    `SELECT json_array(count(*)) AS json FROM _pbts_spans WHERE ${where}`,
    parameters,
  )
  const items = find(
    `${where} ORDER BY ${columns[orderBy]} ${direction}, id ${direction} LIMIT {:perPage} OFFSET {:offset}`,
    { ...parameters, perPage, offset },
  )
  return answer(e, 200, { items, totalCount, page: Math.floor(offset / perPage) + 1, perPage })
}

/** `GET /api/_/trace/spans/{traceId}`: all of its spans, or with `?tree=1` those without a parent, each with its children. */
export function getTrace(e: RequestEvent): void {
  const spans = find('trace_id = {:traceId} ORDER BY start_time, id LIMIT 10000', {
    traceId: e.request.pathValue('traceId'),
  })
  return answer(e, 200, query(e, 'tree') === '' ? spans : treeOf(spans))
}

/** `GET /api/_/trace/spans/{traceId}/{spanId}` */
export function getSpan(e: RequestEvent): void {
  const [span] = find('trace_id = {:traceId} AND span_id = {:spanId}', {
    traceId: e.request.pathValue('traceId'),
    spanId: e.request.pathValue('spanId'),
  })
  if (span === undefined) throw new NotFoundError('Span not found.')
  return answer(e, 200, span)
}

/** `DELETE /api/_/trace/spans/{traceId}` */
export function deleteTrace(e: RequestEvent): void {
  write('DELETE FROM _pbts_spans WHERE trace_id = {:traceId}', {
    traceId: e.request.pathValue('traceId'),
  })
  return e.noContent(204)
}

/** The conditions of a list, and the values in them. What is not well-formed is passed over. */
function filterOf(e: RequestEvent): { where: string; parameters: Record<string, string | number> } {
  const conditions = ['true']
  const parameters: Record<string, string | number> = {}
  const add = (name: string, condition: string, value: string | number | undefined): void => {
    if (value === undefined || value === '') return
    conditions.push(condition)
    parameters[name] = value
  }
  const micros = (name: string): number | undefined =>
    limitOf(query(e, name), 0, 2 ** 40) * 1000 || undefined
  add('traceId', 'trace_id = {:traceId}', query(e, 'traceId'))
  add('parentId', 'parent_id = {:parentId}', query(e, 'parentSpanId'))
  add('uid', 'uid = {:uid}', query(e, 'userId'))
  const name = query(e, 'name').replace(/[\\%_]/g, '\\$&')
  add('name', "name LIKE {:name} ESCAPE '\\'", name && `%${name}%`)
  const [min, max] = [micros('minDuration'), micros('maxDuration')]
  add(
    'min',
    `duration >= {:min}${min !== undefined && min >= 100_000 ? ' AND duration >= 100000' : ''}`,
    min,
  )
  add('max', 'duration <= {:max}', max)
  add('from', 'start_time >= {:from}', microsOf(query(e, 'startTimeFrom')))
  add('to', 'start_time <= {:to}', microsOf(query(e, 'startTimeTo')))
  const statuses = query(e, 'status')
    .split(',')
    .map((status) => status.trim())
  // The index of failures serves a condition that says so only.
  if (statuses.join() === 'error') conditions.push("status = 'error'")
  else if (query(e, 'status') !== '') {
    add('status', 'status IN (SELECT value FROM json_each({:status}))', JSON.stringify(statuses))
  }
  return { where: conditions.join(' AND '), parameters }
}

/** Of an RFC 3339 time, whose fraction may be finer than milliseconds. */
function microsOf(time: string): number | undefined {
  const [, seconds, fraction = '', zone] =
    /^(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.exec(time) ?? []
  const ms = Date.parse(`${seconds?.replace(/[t ]/, 'T')}${zone?.toUpperCase()}`)
  return Number.isNaN(ms) ? undefined : ms * 1000 + Math.floor(Number(`0${fraction}`) * 1e6)
}

function find(condition: string, parameters: Record<string, string | number>): Span[] {
  return readJSON<Row[]>(
    `SELECT json_group_array(json_object('id', printf('%016x', id), 'traceId', trace_id, 'spanId', span_id, 'parentId', parent_id,
       'name', name, 'kind', kind, 'startTime', start_time, 'duration', duration, 'status', status, 'method', method,
       'route', route, 'target', target, 'code', code, 'uid', uid, 'dyed', dyed, 'attributes', attributes)) AS json
     FROM (SELECT * FROM _pbts_spans WHERE ${condition})`,
    parameters,
  ).map(shown)
}

function shown({
  parentId,
  method,
  route,
  target,
  code,
  uid,
  dyed,
  attributes,
  ...row
}: Row): Span {
  const endedAt = new Date((row.startTime + row.duration) / 1000).toISOString()
  return {
    ...row,
    ...(parentId === '' ? {} : { parentId }),
    attributes: {
      'http.method': method,
      'http.route': route,
      'http.target': target,
      'http.status_code': code,
      ...(JSON.parse(attributes) as object),
      ...(uid === '' ? {} : { 'user.id': uid }),
      ...(dyed ? { 'trace.dyed': true } : {}),
    },
    created: endedAt.replace('T', ' '),
  }
}

interface Branch extends Span {
  readonly children: Branch[]
}

/** A span whose parent is not among them is a root: the parent may be the browser's. */
function treeOf(spans: readonly Span[]): Branch[] {
  const branches = new Map<string, Branch>()
  for (const span of spans) branches.set(span.spanId, { ...span, children: [] })
  const roots: Branch[] = []
  for (const branch of branches.values()) {
    const siblings = branches.get(branch.parentId ?? '')?.children ?? roots
    siblings.push(branch)
  }
  return roots
}
