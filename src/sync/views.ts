import type { EventIterator, RealtimeService } from '../index.ts'
import { openedFile } from '../node/opened-file.ts'
import { createEvents, createIterator } from './iterators.ts'
import { isBlocking, whileBlocking } from './loop.ts'
import { BlockingPromise, settled } from './promise.ts'

type Key = string | symbol
type Func = (this: unknown, ...args: unknown[]) => unknown
type Class = new (...args: any[]) => object
/** What a property is made of. */
interface Member {
  readonly value?: unknown
  readonly get?: Func
  readonly set?: Func
}
/** What plain data is, and whatever else a member is looked for in. */
type Members = Record<Key, unknown>

/** Names of the methods that return promises in the client's declarations. The build puts them here. */
declare const promisingMethods: readonly string[]
const promising = new Set<Key>(promisingMethods)

/** The classes that callers have, by those of the client. */
const classes = new Map<unknown, Class>()
/** What callers have in the place of the client's own objects and functions. */
const shown = new WeakMap<object, object>()
/** What the client has in the place of those of callers. */
const behind = new WeakMap<object, object>()

/**
 * The class that callers have: its methods block where those of the client's class return promises. Its objects stand for objects of the
 * client's class, whose own code calls what callers override or patch.
 */
export function blockingClass(inner: Class): Class {
  const known = classes.get(inner)
  if (known) return known
  // An arrow function cannot be called with `new`, and a method neither.
  const outer = function (...args: unknown[]) {
    if (!new.target) throw new TypeError(`Class constructor ${inner.name} needs new`)
    return view(
      Reflect.construct(inner, inwardAll(args, `new ${inner.name}`)),
      new.target.prototype,
    )
  } as unknown as Class
  classes.set(inner, outer)
  const parent = Object.getPrototypeOf(inner) as Class
  const isOfOurs = parent !== Object.getPrototypeOf(Function)
  const prototype: object = Object.create(
    isOfOurs ? blockingClass(parent).prototype : Object.prototype,
  )
  // The build can have put the underscore there.
  Object.defineProperty(outer, 'name', { value: inner.name.replace(/^_/, '') })
  Object.defineProperty(outer, 'prototype', { value: prototype })
  for (const [key, { value, get, set }] of membersOf(inner.prototype)) {
    const method = blockingMethod(value as Func, key)
    const descriptor: PropertyDescriptor = { configurable: true }
    if (key === 'constructor') descriptor.value = outer
    else if (typeof value === 'function')
      Object.assign(descriptor, { value: method, writable: true })
    else if (get) descriptor.get = blockingMethod(get, key)
    if (set) descriptor.set = blockingMethod(set, key)
    if ('value' in descriptor) descriptor.writable = true
    Object.defineProperty(prototype, key, descriptor)
    if (key === Symbol.asyncDispose) Object.defineProperty(prototype, Symbol.dispose, descriptor)
  }
  return outer
}

function blockingMethod(method: Func, key: Key): Func {
  return function outer(this: unknown, ...args) {
    const self = behind.get(this as object) ?? (this as object)
    const given = inwardAll(args, `${nameOf(self)}.${String(key)}`)
    const result = blocking(() => settled(Reflect.apply(method, self, given)), outer)
    if (key !== 'events') return outward(result)
    return createEvents(self as RealtimeService, result as EventIterator<unknown>, args.at(-1))
  }
}

/** Blocks until some work is done. */
function blocking<T>(work: () => T, calledAs: Func): T {
  try {
    return whileBlocking(work)
  } catch (error) {
    if (error instanceof Error && !isBlocking()) {
      // The frames of the client are more than engines write down.
      const here = { stack: '' }
      Error.captureStackTrace(here, calledAs)
      error.stack += here.stack.replace(/^.*?(?=\n +at |$)/s, '')
    }
    throw error
  }
}

/** What a caller gets for something of the client's. */
function outward(value: unknown): unknown {
  if (value instanceof BlockingPromise) return outward(settled(value))
  if (typeof value === 'function') return blockingFunction(value as Func)
  if (!isObject(value)) return value
  const { next, [Symbol.asyncIterator]: isAsync } = value
  if (isAsync && typeof next === 'function') return createIterator(value as never)
  for (let type = prototypeOf(value); type; type = prototypeOf(type)) {
    const outer = classes.get(type.constructor)
    if (outer) return view(value, outer.prototype)
  }
  return value
}

/** Such as what ends a subscription. */
function blockingFunction(inner: Func): Func {
  const known = shown.get(inner)
  if (known) return known as Func
  const outer: Func = (...args) =>
    whileBlocking(() => outward(inner(...inwardAll(args, inner.name))))
  pair(inner, outer)
  return outer
}

function inwardAll(values: readonly unknown[], where: string): unknown[] {
  return values.map((value) => inward(value, where))
}

/** What the client gets for something of a caller's. */
function inward(value: unknown, where: string): unknown {
  const known = behind.get(Object(value) as object)
  if (known) return known
  if (typeof value === 'function') return callback(value as Func, where)
  refuseUnreadable(value, where)
  if (Array.isArray(value)) {
    const all = inwardAll(value, where)
    return all.some((each, index) => each !== value[index]) ? all : (value as unknown)
  }
  // Stores can be plain objects too.
  if (!isObject(value) || prototypeOf(value) !== Object.prototype || isFunction(value['save']))
    return value
  if (isFunction(value['fetch'])) {
    throw new TypeError(
      `${where}: a fetch function cannot be waited for while the script is blocked. Leave it out: the blocking client sends by itself, ` +
        'and use() and beforeSend change what it sends. Or use the client of pocketbase-typescript.',
    )
  }
  let copy = value
  for (const key of Reflect.ownKeys(value)) {
    const member = value[key]
    for (const each of Array.isArray(member) ? (member as unknown[]) : [member])
      refuseUnreadable(each, where)
    if (!isFunction(member) && !behind.has(Object(member) as object)) continue
    if (copy === value) copy = { ...value }
    copy[key] = inward(member, `${where}, ${String(key)}`)
  }
  return copy
}

/** Streams are read by the event loop, and what cannot be cloned by its own thread alone. */
function refuseUnreadable(value: unknown, where: string): void {
  if (!isObject(value)) return
  const { getReader, stream, [Symbol.asyncIterator]: iterator } = value
  let isUnreadable =
    isFunction(getReader) ||
    isFunction(iterator) ||
    // Of openFile() the worker knows the path.
    (isFunction(stream) && !(value instanceof Blob) && !(openedFile in value))
  try {
    if (value instanceof Blob) structuredClone(value)
  } catch {
    // Those of Node's openAsBlob().
    isUnreadable = true
  }
  if (!isUnreadable) return
  throw new TypeError(
    `${where}: a stream, or the Blob of a file, cannot be read while the script is blocked. Pass bytes, or openFile(path).`,
  )
}

/** What the client calls in the place of a caller's function: the same each time, as the client compares them. */
function callback(outer: Func, where: string): Func {
  const isListener = /\.(subscribe\b|on[A-Z]\w*$)/.test(where)
  const inner: Func = function (this: unknown, ...args) {
    const call = (): unknown => Reflect.apply(outer, outward(this), args.map(outward))
    if (!isListener) return inward(readable(immediate(call(), where), where), where)
    // Between two statements of the script nothing may change under it.
    if (isBlocking()) globalThis.queueMicrotask(() => void call())
    else call()
    return undefined
  }
  pair(inner, outer)
  return inner
}

function immediate(result: unknown, where: string): unknown {
  if (!isObject(result) || !isFunction(result['then'])) return result
  // It says nothing that this error does not.
  result['then'](undefined, () => {})
  throw new TypeError(
    `${where}: the function returned a promise, which cannot be waited for while the script is blocked. ` +
      'Have it return the value, or use the client of pocketbase-typescript.',
  )
}

/** Bodies of the runtime's own answers are read by the event loop. (The name stands for the class of ours.) */
function readable(result: unknown, where: string): unknown {
  if (!(result instanceof globalThis.Response) || result instanceof Response) return result
  throw new TypeError(
    `${where}: a Response of your own cannot be read while the script is blocked. Return what next() returned, or ` +
      'an object with status, ok and json().',
  )
}

/** The object that a caller has for one of the client. It shows what that one holds, and that one uses what is set or overridden here. */
function view(inner: object, prototype: object): object {
  const known = shown.get(inner)
  if (known) return known
  const name = nameOf(inner)
  const outer: object = new Proxy(Object.create(prototype) as object, {
    get: (own, key, self) =>
      Reflect.has(own, key)
        ? (Reflect.get(own, key, self) as unknown)
        : outward(Reflect.get(inner, key)),
    has: (own, key) => Reflect.has(own, key) || Reflect.has(inner, key),
    set: (own, key, value, self) => {
      const setter = descriptorOf(own, key)?.set
      if (!setter) return keep(own, key, value)
      Reflect.apply(setter, self, [value])
      return true
    },
    deleteProperty: (own, key) =>
      Reflect.deleteProperty(own, key) && Reflect.deleteProperty(inner, key),
    // Of classes that extend ours, the fields.
    defineProperty: (own, key, descriptor) =>
      'value' in descriptor
        ? keep(own, key, descriptor.value)
        : Reflect.defineProperty(own, key, descriptor),
  })
  const keep = (own: object, key: Key, value: unknown): boolean => {
    if (!isFunction(value))
      return (
        Reflect.deleteProperty(own, key) &&
        Reflect.set(inner, key, behind.get(Object(value) as object) ?? value)
      )
    // Callers get back the very function that they have set.
    Object.defineProperty(own, key, { value, writable: true, configurable: true })
    return override(key, value)
  }
  const override = (key: Key, given: Func): boolean => {
    const call: Func = (...args) => Reflect.apply(given, outer, args)
    const hook = callback(call, `${name}.${String(key)}`)
    const value: Func = promising.has(key)
      ? (...args) => new BlockingPromise((resolve) => resolve(hook(...args)))
      : hook
    return Reflect.defineProperty(inner, key, { value, writable: true, configurable: true })
  }
  pair(inner, outer)
  const ours = new Set(classes.values())
  for (let type = prototype; !ours.has(type.constructor as Class); type = prototypeOf(type)!) {
    for (const [key, { value, get, set }] of membersOf(type)) {
      // Closer classes have come first.
      if (key === 'constructor' || isOverridden(key, type)) continue
      if (isFunction(value)) override(key, value)
      else
        Object.defineProperty(inner, key, {
          configurable: true,
          get: () => inward(get && Reflect.apply(get, outer, []), name),
          set: (given) => {
            if (set) Reflect.apply(set, outer, [outward(given)])
          },
        })
    }
  }
  return outer

  function isOverridden(key: Key, by: object): boolean {
    for (let type = prototype; type !== by; type = prototypeOf(type)!)
      if (Object.hasOwn(type, key)) return true
    return false
  }
}

function pair(inner: object, outer: object): void {
  shown.set(inner, outer)
  behind.set(outer, inner)
}

function nameOf(inner: object): string {
  return (classes.get(inner.constructor) ?? inner.constructor).name
}

function isFunction(value: unknown): value is Func {
  return typeof value === 'function'
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null
}

function prototypeOf(object: object): object | null {
  return Object.getPrototypeOf(object) as object | null
}

function membersOf(object: object): [Key, Member][] {
  return Reflect.ownKeys(object).map((key) => [key, descriptorOf(object, key)!])
}

function descriptorOf(object: object, key: Key): Member | undefined {
  for (let at: object | null = object; at; at = prototypeOf(at)) {
    const descriptor = Object.getOwnPropertyDescriptor(at, key)
    if (descriptor) return descriptor
  }
  return undefined
}
