import type { CollectionModel } from '../schema/collections.ts'
import { CrudService } from './crud.ts'
import type { CommonOptions } from './options.ts'

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
    await this.client.send('/api/collections/import', {
      method: 'PUT',
      body: { collections, deleteMissing },
      timeout: 0,
      ...options,
    })
    return true
  }

  /** The same as {@link import}. */
  async importCollections(
    collections: readonly CollectionImport[],
    deleteMissing = false,
    options?: CommonOptions,
  ): Promise<true> {
    return this.import(collections, deleteMissing, options)
  }
}

/** A collection to import: all of it, or what should change. */
export type CollectionImport = CollectionModel | { [key: string]: any }
