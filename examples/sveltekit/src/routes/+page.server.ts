import { fail, redirect } from '@sveltejs/kit'
import { verifyAuth } from 'pocketbase-typescript/ssr'

import type { Actions, PageServerLoad } from './$types'

export const load: PageServerLoad = async ({ locals: { pb } }) => {
  const user = await verifyAuth(pb)
  const notes = user ? await pb.collection('notes').getFullList() : []
  return { user, notes }
}

export const actions: Actions = {
  async signIn({ request, locals: { pb } }) {
    const form = await request.formData()
    try {
      const [email, password] = [String(form.get('email')), String(form.get('password'))]
      await pb.collection('users').authWithPassword(email, password)
    } catch {
      return fail(401, { hasFailed: true })
    }
    redirect(303, '/')
  },

  signOut({ locals: { pb } }) {
    pb.authStore.clear()
    redirect(303, '/')
  },
}
