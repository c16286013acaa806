'use server'

import { redirect } from 'next/navigation'

import { getClient } from '../lib/pocketbase'

export async function signIn(form: FormData) {
  const pb = await getClient()
  const [email, password] = [String(form.get('email')), String(form.get('password'))]
  let page = '/'
  try {
    await pb.collection('users').authWithPassword(email, password)
  } catch {
    page = '/?failed'
  }
  redirect(page)
}

export async function signOut() {
  const pb = await getClient()
  pb.authStore.clear()
  redirect('/')
}
