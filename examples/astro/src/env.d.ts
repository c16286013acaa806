declare namespace App {
  interface Locals {
    pb: import('pocketbase-typescript/ssr').ServerClient
  }
}
