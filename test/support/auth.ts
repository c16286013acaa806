import type { PocketBase, RecordModel } from '../../src/index.ts'

/** The password of every record that {@link createMember} makes. */
export const password = 'correct horse battery'

/** Makes an auth collection that anyone may sign up to, with cheap hashes: tests sign in often. Records see themselves. */
export async function createAuthCollection(
  admin: PocketBase,
  name: string,
  settings: { [key: string]: unknown } = {},
): Promise<void> {
  const isOwn = 'id = @request.auth.id'
  const rules = { createRule: '', listRule: isOwn, viewRule: isOwn }
  const { id, fields } = await admin.collections.create({ name, type: 'auth', ...rules })
  for (const field of fields) if (field.type === 'password') field['cost'] = 4
  await admin.collections.update(id, { fields, ...settings })
}

let members = 0

/** A record of an auth collection that can sign in with {@link password}, and its address. */
export async function createMember(
  admin: PocketBase,
  collection: string,
  values: { [field: string]: unknown } = {},
): Promise<RecordModel & { email: string }> {
  const email = `member${++members}@pb.test`
  const body = { email, password, passwordConfirm: password, ...values }
  return admin.collection(collection).create(body)
}
