import { expectTypeOf, test } from 'vitest'

import PocketBase, {
  BaseAuthStore,
  CrudService,
  LocalAuthStore,
  PocketBase as Named,
  RecordService,
} from '../../src/index.ts'
import type { ListResult, RecordModel, RecordOptions, SendOptions } from '../../src/index.ts'

// What programs that were written for the official client do must compile here.

interface User extends RecordModel {
  name: string
}
interface Post {
  id: string
  title: string
  expand?: { author: User }
}

const pb = new PocketBase('http://pb.test')

test('an interface of collection overloads types a client', async () => {
  interface TypedPocketBase extends PocketBase {
    collection(idOrName: string): RecordService
    collection(idOrName: 'users'): RecordService<User>
    collection(idOrName: 'posts'): RecordService<Post>
  }
  const typed = new PocketBase('http://pb.test') as TypedPocketBase
  expectTypeOf(await typed.collection('users').getOne('1')).toEqualTypeOf<User>()
  expectTypeOf(await typed.collection('posts').getFullList()).toEqualTypeOf<Post[]>()
})

test('one overload alone does as well', async () => {
  interface TypedPocketBase extends PocketBase {
    collection(idOrName: 'users'): RecordService<User>
  }
  const typed = new PocketBase('http://pb.test') as TypedPocketBase
  expectTypeOf(await typed.collection('users').getOne('1')).toEqualTypeOf<User>()
})

test('a map of responses by collection types a client', async () => {
  type Responses = { users: User; posts: Post }
  type TypedPocketBase = {
    collection<T extends keyof Responses>(idOrName: T): RecordService<Responses[T]>
  } & PocketBase
  const typed = new PocketBase('http://pb.test') as TypedPocketBase
  expectTypeOf(
    await typed.collection('users').getList(1, 2, { expand: 'x', whatever: 1 }),
  ).toEqualTypeOf<ListResult<User>>()
})

test('a client that is typed by hand is a client', () => {
  interface Overloads extends PocketBase {
    collection(idOrName: string): RecordService
    collection(idOrName: 'users'): RecordService<User>
  }
  type Mapped = {
    collection<T extends 'users'>(idOrName: T): RecordService<{ users: User }[T]>
  } & PocketBase
  const takes = (client: PocketBase): RecordService => client.collection('x')
  const use = (overloads: Overloads, mapped: Mapped) => [takes(overloads), takes(mapped)]
  expectTypeOf(use).returns.toEqualTypeOf<RecordService[]>()
})

test('a type can be given with each call', async () => {
  expectTypeOf(await pb.collection('x').getOne('1', { custom: true })).toEqualTypeOf<RecordModel>()
  expectTypeOf(await pb.collection('x').getOne<Post>('1')).toEqualTypeOf<Post>()
  expectTypeOf(await pb.collection<Post>('x').getOne('1')).toEqualTypeOf<Post>()
  expectTypeOf(await pb.collection('x').getFullList<Post>(200, { sort: '-created' })).toEqualTypeOf<
    Post[]
  >()
  const { record } = await pb.collection('users').authWithPassword<User>('a', 'b')
  expectTypeOf(record.name).toEqualTypeOf<string>()
})

test('stores can be replaced, read and listened to', () => {
  pb.authStore = new LocalAuthStore()
  expectTypeOf(pb.authStore.record?.['anything']).toBeAny()
  pb.authStore.onChange((token, record) => [token, record?.['anything']])
  expectTypeOf(new PocketBase('x', new LocalAuthStore(), 'de')).toEqualTypeOf<PocketBase>()
})

test('filters take any parameters', () => {
  const text: string = pb.filter('a = {:a}', { a: 1, b: 2 })
  expectTypeOf(text).toBeString()
  const params: Record<string, any> = {}
  pb.filter('x = {:y}', params)
  pb.filter('x')
})

test('services, stores and the client can be subclassed', async () => {
  class UserService extends RecordService<User> {
    constructor(client: PocketBase) {
      super(client, 'users')
    }
    override getOne<T = User>(id: string, options?: RecordOptions): Promise<T> {
      return super.getOne<T>(id, options)
    }
  }
  expectTypeOf(await new UserService(pb).getOne('1')).toEqualTypeOf<User>()

  class Tasks extends CrudService<Post> {
    get baseCrudPath(): string {
      return '/api/tasks'
    }
  }
  expectTypeOf(await new Tasks(pb).getOne('1')).toEqualTypeOf<Post>()

  class Store extends BaseAuthStore {
    override get record() {
      return null
    }
    override save(token: string, record?: any): void {
      super.save(token, record)
    }
  }

  class Client extends PocketBase {
    override authStore = new LocalAuthStore()
    override collection<M = RecordModel>(idOrName: string): RecordService<M> {
      return super.collection<M>(idOrName)
    }
    override filter(raw: string, params?: { [key: string]: any }): string {
      return super.filter(raw, params)
    }
    override async send<T = any>(path: string, options: SendOptions): Promise<T> {
      return super.send<T>(path, options)
    }
  }
  class App extends PocketBase {
    get users(): RecordService<User> {
      return this.collection<User>('users')
    }
  }
  const takes = (client: PocketBase): RecordService => client.collection('x')
  takes(new App('http://pb.test'))
  takes(new Client())
  takes(new PocketBase('x', new Store()))
  const named = new Named('http://pb.test')
  expectTypeOf(named.collection('x')).toEqualTypeOf<RecordService>()
})

test('methods can be replaced at run time', () => {
  pb.collection = ((name: string) => new RecordService(pb, name)) as typeof pb.collection
  pb.collection('x').getOne = async () => ({}) as any
  pb.beforeSend = (url, options) => {
    options.headers = { ...options.headers, 'X-Custom': 'a' }
    return { url, options }
  }
  pb.afterSend = (response, data) => ({ ...data, status: response.status })
  expectTypeOf(pb.beforeSend).parameter(0).toBeString()
})
