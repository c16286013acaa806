/* oxlint-disable vitest/expect-expect -- a line that must not compile is an assertion of its own */
import { describe, expectTypeOf, test } from 'vitest'

import { PocketBase } from '../../src/index.ts'
import type { Filter, FilterValue } from '../../src/index.ts'

interface Schema {
  posts: { type: 'base'; record: { id: string; title: string; votes: number } }
}

const typed = new PocketBase<Schema>('/')
const untyped = new PocketBase('/')

declare const text: string
declare const date: Date
declare const record: { [name: string]: unknown }
declare const unknown: unknown

describe('a typed client', () => {
  test('takes a value for every placeholder, of any type that a filter can hold', () => {
    const values = { a: 'x', b: 5, c: true, d: date, e: null, f: [1, 'a'], g: { h: 1 }, i: 5n }
    expectTypeOf(
      typed.filter(
        'a={:a} && b={:b} && c={:c} && d={:d} && e={:e} && f={:f} && g={:g} && i={:i}',
        values,
      ),
    ).toEqualTypeOf<string>()
    expectTypeOf(typed.filter('title = {:a} || {:a} = title', { a: text })).toEqualTypeOf<string>()
    expectTypeOf(
      typed.filter('{:inner} && votes > 1', { inner: typed.filter`votes < ${5}` }),
    ).toBeString()
  })

  test('takes an expression without placeholders alone', () => {
    expectTypeOf(typed.filter('votes > 1')).toEqualTypeOf<string>()
    expectTypeOf(typed.filter('votes > 1', {})).toEqualTypeOf<string>()
  })

  test('refuses a placeholder without a value', () => {
    // @ts-expect-error b is missing
    typed.filter('title = {:a} && votes > {:b}', { a: text })
    // @ts-expect-error a is missing
    typed.filter('title = {:a}', {})
    // @ts-expect-error a is misspelt
    typed.filter('title = {:a}', { A: text })
  })

  test('refuses a value without a placeholder, and says so', () => {
    // @ts-expect-error the filter has no placeholder {:b}
    typed.filter('title = {:a}', { a: text, b: 5 })
    // @ts-expect-error the filter has no placeholder {:a}
    typed.filter('title = "x"', { a: text })
  })

  test('refuses values that no filter can hold', () => {
    // @ts-expect-error undefined is no value
    typed.filter('title = {:a}', { a: undefined })
    // @ts-expect-error a symbol is no value
    typed.filter('title = {:a}', { a: Symbol('x') })
    // @ts-expect-error it may be undefined
    typed.filter('title = {:a}', { a: text as string | undefined })
  })

  test('lets pass what it cannot know at compile time', () => {
    expectTypeOf(typed.filter(text, { a: 1 })).toEqualTypeOf<string>()
    expectTypeOf(typed.filter('title = {:a}', record)).toEqualTypeOf<string>()
    expectTypeOf(typed.filter('title = {:a}', record as Record<string, string>)).toBeString()
  })

  test('lets pass an expression of which it knows a part: the rest may have placeholders', () => {
    expectTypeOf(typed.filter(`title = {:a} && ${text}`, { a: 1, b: 2 })).toEqualTypeOf<string>()
    expectTypeOf(typed.filter(`${text} = {:a}`, { a: 1 })).toEqualTypeOf<string>()
  })

  test('takes values of a declared type', () => {
    interface Values {
      since: Date
    }
    const build = (values: Values): string => typed.filter('created > {:since}', values)
    expectTypeOf(build).returns.toBeString()
    // @ts-expect-error the type has no title
    const wrong = (values: Values): string => typed.filter('title = {:title}', values)
    expectTypeOf(wrong).returns.toBeString()
  })

  test('makes a Filter of a template, which passes for a string', () => {
    const filter = typed.filter`title ~ ${text} && votes > ${5} && created > ${date} && ${unknown}`
    expectTypeOf(filter).toEqualTypeOf<Filter>()
    expectTypeOf(filter).toExtend<string>()
    expectTypeOf(filter.length).toEqualTypeOf<number>()
    expectTypeOf<Filter>().toExtend<FilterValue>()
    expectTypeOf(text).not.toExtend<Filter>()
  })

  test('takes a Filter wherever a filter is asked for', () => {
    const filter = typed.filter`votes > ${5}`
    const posts = typed.collection('posts')
    expectTypeOf(posts.getList(1, 20, { filter })).resolves.toHaveProperty('items')
    expectTypeOf(posts.getFullList({ filter })).resolves.toBeArray()
    expectTypeOf(posts.getFirstListItem(filter)).resolves.toHaveProperty('votes')
    expectTypeOf(posts.getFirstListItem('votes > 5')).resolves.toHaveProperty('votes')
  })
})

describe('an untyped client', () => {
  test('takes any expression and any values', () => {
    expectTypeOf(untyped.filter('a = {:a}', { a: 1 })).toExtend<string>()
    expectTypeOf(untyped.filter('a = {:a}', { b: undefined })).toExtend<string>()
    expectTypeOf(untyped.filter(text, record)).toExtend<string>()
    expectTypeOf(untyped.filter('a = {:a}', record)).toExtend<string>()
    expectTypeOf(untyped.filter('a = {:a}')).toExtend<string>()
  })

  test('makes a Filter of a template', () => {
    expectTypeOf(untyped.filter`a = ${1}`).toEqualTypeOf<Filter>()
  })

  test('still needs an expression', () => {
    // @ts-expect-error there is no expression
    untyped.filter()
    // @ts-expect-error a number is no expression
    untyped.filter(5)
  })
})
