import type { PocketBase } from '../../client.ts'
import type { RecordModel } from '../../schema/records.ts'

/** Keeps the auth store up to date when it is the record that is signed in that was changed, or deleted (`null`). */
export function follow(
  { authStore }: PocketBase<any>,
  collectionIdOrName: string,
  id: string,
  changed: RecordModel | null,
): void {
  const { record, token } = authStore
  if (!record || record.id !== id) return
  if (![record.collectionId, record.collectionName].includes(collectionIdOrName)) return
  if (!changed) authStore.clear()
  else
    authStore.save(token, {
      ...record,
      ...changed,
      expand: { ...record.expand, ...changed.expand },
    })
}
