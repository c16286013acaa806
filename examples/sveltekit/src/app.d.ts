import type { ServerClient } from 'pocketbase-typescript/ssr'

declare global {
  namespace App {
    interface Locals {
      pb: ServerClient
    }
  }
}
