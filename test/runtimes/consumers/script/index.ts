/** Finds the client in the page, and is found there itself. */
async function use(url: string, email: string, password: string): Promise<string> {
  const pb: PocketBase = new PocketBase(url)
  await pb.collection('_superusers').authWithPassword(email, password)
  const admins: PocketBase.ListResult<PocketBase.RecordModel> = await pb
    .collection('_superusers')
    .getList()
  if (admins.items[0]?.['email'] !== email) return `found ${admins.totalItems}`

  const error = await pb
    .collection('missing')
    .getList()
    .catch((reason: unknown) => reason)
  if (!(error instanceof PocketBase.ClientResponseError)) return String(error)
  return error.status === 404 ? 'ok' : error.describe()
}

Object.assign(globalThis, { use })
