import { expects } from '../core/options.ts'
import { path } from '../core/path.ts'
import type {
  AuthCollectionModel,
  BaseCollectionModel,
  CollectionField,
  CollectionModel,
  ViewCollectionModel,
} from '../schema/collections.ts'
import { act } from './base.ts'
import { CrudService } from './crud.ts'
import type { CommonOptions } from './options.ts'
import { since } from './since.ts'

/** Collections: their fields, rules and settings. Every call needs a superuser's token. */
export class CollectionService extends CrudService<CollectionModel> {
  override get baseCrudPath(): string {
    return '/api/collections'
  }

  /**
   * Creates and updates many collections in one transaction; they are matched by id, else by name.
   *
   * `PUT /api/collections/import`
   *
   * @param deleteMissing - also delete the collections and fields that are not listed, with their data. Default false.
   * @returns true; failures throw.
   */
  async import(
    collections: readonly CollectionImport[],
    deleteMissing = false,
    options?: CommonOptions,
  ): Promise<true> {
    const body = { collections, deleteMissing }
    return act(this, 'PUT', '/api/collections/import', { body, ...options })
  }

  /** The same as {@link import}. */
  async importCollections(
    collections: readonly CollectionImport[],
    deleteMissing = false,
    options?: CommonOptions,
  ): Promise<true> {
    return this.import(collections, deleteMissing, options)
  }

  /**
   * Deletes all records of a collection, with their files, and those of others that cascade. No rule is asked.
   *
   * `DELETE /api/collections/{collection}/truncate`
   *
   * @returns true; failures throw.
   * @throws NotFoundError when there is no such collection; ApiError 400 for views, and where records of others require one.
   */
  async truncate(collectionIdOrName: string, options?: CommonOptions): Promise<true> {
    return act(this, 'DELETE', path`/api/collections/${collectionIdOrName}/truncate`, options)
  }

  /**
   * What a new collection of each type begins with: its fields, rules and settings. Name and id are empty.
   *
   * `GET /api/collections/meta/scaffolds`
   */
  async getScaffolds(options?: CommonOptions): Promise<CollectionScaffolds> {
    return this.client.send('/api/collections/meta/scaffolds', {
      method: 'GET',
      ...options,
      [expects]: 'object',
    })
  }

  /**
   * The OAuth2 providers that collections can be given.
   *
   * `GET /api/collections/meta/oauth2-providers`
   *
   * @throws NotFoundError on servers before 0.37.
   */
  async getAllOAuth2Providers(options?: CommonOptions): Promise<ConfigurableOAuth2Provider[]> {
    return since(
      '0.37',
      this.client.send('/api/collections/meta/oauth2-providers', {
        method: 'GET',
        ...options,
        [expects]: 'array',
      }),
    )
  }

  /**
   * What a view collection with this query would be, without making it.
   *
   * `POST /api/collections/meta/dry-run-view`
   *
   * @param query - a `SELECT` with an `id` column, 5,000 bytes at most.
   * @throws ApiError 400 with the database's own sentence; NotFoundError on servers before 0.37.
   */
  async dryRunViewQuery(query: string, options?: CommonOptions): Promise<ViewDryRun> {
    return since(
      '0.37',
      this.client.send('/api/collections/meta/dry-run-view', {
        method: 'POST',
        body: { query },
        timeout: 0,
        ...options,
        [expects]: 'object',
      }),
    )
  }
}

/** A collection to import: all of it, or what should change. */
export type CollectionImport = CollectionModel | { [key: string]: any }

/** What new collections begin with, by type. */
export interface CollectionScaffolds {
  [type: string]: CollectionModel
  /** Of plain records. */
  base: BaseCollectionModel
  /** Of records that can sign in. */
  auth: AuthCollectionModel
  /** Of rows that a query makes. */
  view: ViewCollectionModel
}

/** An OAuth2 provider that the server knows. */
export interface ConfigurableOAuth2Provider {
  /** `google`, `github`, `oidc`, … */
  name: string
  /** What buttons call it. */
  displayName: string
  /** An SVG; `''` for none. */
  logo: string
}

/** What a view would be. */
export interface ViewDryRun {
  [key: string]: any
  /** Its fields. */
  fields: CollectionField[]
  /** Up to 10 of its rows. */
  sample: { [key: string]: any }[]
}
