import type { FileInput, GeoPoint, JsonOf } from '../../src/index.ts'

// A schema as a generator would write it, and as `blog-server.ts` makes it on a server.

declare module '../../src/index.ts' {
  interface JsonTypes {
    'posts.meta': { seo: string; links: { url: string; at: number }[] } | null
  }
}

export interface CommentsRecord {
  collectionId: string
  collectionName: 'comments'
  id: string
  message: string
  post: string
  user: string
  created: string
}
export interface CommentsCreate {
  id?: string | undefined
  message: string
  post: string
  user?: string | null | undefined
}
export interface CommentsUpdate {
  message?: string | undefined
  post?: string | undefined
  user?: string | null | undefined
}
export interface CommentsRelations {
  post: 'posts'
  user: 'users'
}
export interface CommentsCollection {
  type: 'base'
  record: CommentsRecord
  create: CommentsCreate
  update: CommentsUpdate
  relations: CommentsRelations
}

export interface PostStatsRecord {
  collectionId: string
  collectionName: 'post_stats'
  id: string
  author: string
  post: string
  comments: number
  last: unknown
}
export interface PostStatsRelations {
  author: 'users'
  post: 'posts'
}
export interface PostStatsCollection {
  type: 'view'
  record: PostStatsRecord
  relations: PostStatsRelations
}

export interface PostsRecord {
  collectionId: string
  collectionName: 'posts'
  id: string
  title: string
  body: string
  status: '' | 'draft' | 'live'
  labels: ('news' | 'it\'s "big"')[]
  views: number
  featured: boolean
  meta: JsonOf<'posts.meta'>
  cover: string
  attachments: string[]
  place: GeoPoint
  website: string
  contact: string
  publishedAt: string
  author: string
  tags: string[]
  parent: string
  notes: string[]
  secret: string
  created: string
  updated: string
}
export interface PostsCreate {
  id?: string | undefined
  title: string
  body?: string | undefined
  status?: '' | 'draft' | 'live' | null | undefined
  labels?: ('news' | 'it\'s "big"')[] | null | undefined
  views?: number | undefined
  featured?: boolean | undefined
  meta?: JsonOf<'posts.meta'> | undefined
  cover?: FileInput | '' | null | undefined
  attachments?: FileInput | (FileInput | string)[] | null | undefined
  place?: GeoPoint | null | undefined
  website?: string | undefined
  contact?: string | undefined
  publishedAt?: string | Date | null | undefined
  author: string
  tags?: string[] | null | undefined
  parent?: string | null | undefined
  notes?: string[] | null | undefined
  secret?: string | null | undefined
}
export interface PostsUpdate {
  title?: string | undefined
  body?: string | undefined
  status?: '' | 'draft' | 'live' | null | undefined
  labels?: ('news' | 'it\'s "big"')[] | null | undefined
  'labels+'?: 'news' | 'it\'s "big"' | ('news' | 'it\'s "big"')[] | undefined
  '+labels'?: 'news' | 'it\'s "big"' | ('news' | 'it\'s "big"')[] | undefined
  'labels-'?: 'news' | 'it\'s "big"' | ('news' | 'it\'s "big"')[] | undefined
  views?: number | undefined
  'views+'?: number | undefined
  'views-'?: number | undefined
  featured?: boolean | undefined
  meta?: JsonOf<'posts.meta'> | undefined
  cover?: FileInput | '' | null | undefined
  attachments?: FileInput | (FileInput | string)[] | null | undefined
  'attachments+'?: FileInput | FileInput[] | undefined
  '+attachments'?: FileInput | FileInput[] | undefined
  'attachments-'?: string | string[] | undefined
  place?: GeoPoint | null | undefined
  website?: string | undefined
  contact?: string | undefined
  publishedAt?: string | Date | null | undefined
  author?: string | undefined
  tags?: string[] | null | undefined
  'tags+'?: string | string[] | undefined
  '+tags'?: string | string[] | undefined
  'tags-'?: string | string[] | undefined
  parent?: string | null | undefined
  notes?: string[] | null | undefined
  'notes+'?: string | string[] | undefined
  '+notes'?: string | string[] | undefined
  'notes-'?: string | string[] | undefined
  secret?: string | null | undefined
}
export interface PostsRelations {
  author: 'users'
  tags: 'tags'[]
  parent: 'posts'
  notes: 'notes'[]
  secret: 'secrets'
  comments_via_post: 'comments'[]
  post_stats_via_post: 'post_stats'[]
  posts_via_parent: 'posts'[]
}
export interface PostsCollection {
  type: 'base'
  record: PostsRecord
  create: PostsCreate
  update: PostsUpdate
  relations: PostsRelations
}

export interface ProfilesRecord {
  collectionId: string
  collectionName: 'profiles'
  id: string
  bio: string
  user: string
}
export interface ProfilesCreate {
  id?: string | undefined
  bio?: string | undefined
  user?: string | null | undefined
}
export interface ProfilesUpdate {
  bio?: string | undefined
  user?: string | null | undefined
}
export interface ProfilesRelations {
  user: 'users'
}
export interface ProfilesCollection {
  type: 'base'
  record: ProfilesRecord
  create: ProfilesCreate
  update: ProfilesUpdate
  relations: ProfilesRelations
}

export interface NotesRecord {
  collectionId: string
  collectionName: 'notes'
  id: string
  text: string
  isOpen: boolean
}
export interface NotesCreate {
  id?: string | undefined
  text?: string | undefined
  isOpen?: boolean | undefined
}
export interface NotesUpdate {
  text?: string | undefined
  isOpen?: boolean | undefined
}
export interface NotesRelations {
  posts_via_notes: 'posts'[]
}
export interface NotesCollection {
  type: 'base'
  record: NotesRecord
  create: NotesCreate
  update: NotesUpdate
  relations: NotesRelations
}

export interface SecretsRecord {
  collectionId: string
  collectionName: 'secrets'
  id: string
  word: string
}
export interface SecretsCreate {
  id?: string | undefined
  word?: string | undefined
}
export interface SecretsUpdate {
  word?: string | undefined
}
export interface SecretsRelations {
  posts_via_secret: 'posts'[]
}
export interface SecretsCollection {
  type: 'base'
  record: SecretsRecord
  create: SecretsCreate
  update: SecretsUpdate
  relations: SecretsRelations
}

export interface TagsRecord {
  collectionId: string
  collectionName: 'tags'
  id: string
  name: string
}
export interface TagsCreate {
  id?: string | undefined
  name: string
}
export interface TagsUpdate {
  name?: string | undefined
}
export interface TagsRelations {
  posts_via_tags: 'posts'[]
}
export interface TagsCollection {
  type: 'base'
  record: TagsRecord
  create: TagsCreate
  update: TagsUpdate
  relations: TagsRelations
}

export interface UsersRecord {
  collectionId: string
  collectionName: 'users'
  id: string
  /** Absent unless `emailVisibility` is on or the caller may see it. */
  email?: string
  emailVisibility: boolean
  verified: boolean
  name: string
  avatar: string
  created: string
  updated: string
}
export interface UsersCreate {
  id?: string | undefined
  email: string
  emailVisibility?: boolean | undefined
  password: string
  passwordConfirm: string
  verified?: boolean | undefined
  name?: string | undefined
  avatar?: FileInput | '' | null | undefined
}
export interface UsersUpdate {
  email?: string | undefined
  emailVisibility?: boolean | undefined
  oldPassword?: string | undefined
  password?: string | undefined
  passwordConfirm?: string | undefined
  verified?: boolean | undefined
  name?: string | undefined
  avatar?: FileInput | '' | null | undefined
}
export interface UsersRelations {
  comments_via_user: 'comments'[]
  post_stats_via_author: 'post_stats'[]
  posts_via_author: 'posts'[]
  profiles_via_user: 'profiles'
}
export interface UsersCollection {
  type: 'auth'
  record: UsersRecord
  create: UsersCreate
  update: UsersUpdate
  relations: UsersRelations
}

export interface Schema {
  comments: CommentsCollection
  notes: NotesCollection
  post_stats: PostStatsCollection
  posts: PostsCollection
  profiles: ProfilesCollection
  secrets: SecretsCollection
  tags: TagsCollection
  users: UsersCollection
}
