/** An S3 storage. */
export interface S3Config {
  /** Whether files are stored there, instead of the server's disk. */
  enabled: boolean
  /** The bucket, which must exist. */
  bucket: string
  /** For example `eu-central-1`. */
  region: string
  /** For example `https://s3.eu-central-1.amazonaws.com`. */
  endpoint: string
  /** The id of the key. */
  accessKey: string
  /** Write-only: never answered, and kept where it is left out. */
  secret?: string
  /** Whether the bucket is a part of the path (`endpoint/bucket`) instead of the host. */
  forcePathStyle: boolean
}

/** A limit to how often something may be asked. */
export interface RateLimitRule {
  /** What it limits: `/api/batch`, `/api/` (all below), `POST /api/batch`, `posts:create`, `*:auth`. */
  label: string
  /** Whom it limits: `''` for everyone, `@guest` or `@auth`. */
  audience: string
  /** The window in seconds. */
  duration: number
  /** Requests in a window, for each address. */
  maxRequests: number
}

/** The server's settings. */
export interface AppSettings {
  [key: string]: any
  /** The application. */
  meta: {
    /** Its name in mails. */
    appName: string
    /** Its address in mails. */
    appURL: string
    /** Who mails come from. */
    senderName: string
    /** Where mails come from. */
    senderAddress: string
    /** Whether the dashboard hides what changes collections. */
    hideControls: boolean
    /** The dashboard's colour, `#rrggbb`; since 0.37. */
    accentColor?: string
  }
  /** The server that takes mails. */
  smtp: {
    /** Whether there is one; else the command `sendmail` is used. */
    enabled: boolean
    /** Its address. */
    host: string
    /** Its port. */
    port: number
    /** Who signs in there. */
    username: string
    /** Write-only: never answered, and kept where it is left out. */
    password?: string
    /** `PLAIN` or `LOGIN`; `''` is the first. */
    authMethod: string
    /** Whether the connection begins with TLS; else it changes to it where it can. */
    tls: boolean
    /** What this server calls itself there; `''` for `localhost`. */
    localName: string
  }
  /** Where files of records are stored. */
  s3: S3Config
  /** Backups that the server makes by itself. */
  backups: {
    /** When: a cron expression; `''` for never. */
    cron: string
    /** How many of them are kept. */
    cronMaxKeep: number
    /** Where all backups are stored. */
    s3: S3Config
  }
  /** Batches. */
  batch: {
    /** Whether they are allowed. Off in new servers. */
    enabled: boolean
    /** Most operations in one. */
    maxRequests: number
    /** Seconds that one may take; 0 for 3. */
    timeout: number
    /** Most bytes of one; 0 for 128 MiB. */
    maxBodySize: number
  }
  /** How often the API may be used. */
  rateLimits: {
    /** Whether it is limited. */
    enabled: boolean
    /** The limits. */
    rules: RateLimitRule[]
    /** Addresses without any; since 0.38. */
    excludedIPs?: string[]
  }
  /** Proxies before the server. */
  trustedProxy: {
    /** The headers that tell the caller's address. */
    headers: string[]
    /** Whether the first of several addresses is the caller's; else the last. */
    useLeftmostIP: boolean
  }
  /** Logs. */
  logs: {
    /** How long they are kept; 0 writes none. */
    maxDays: number
    /** The lowest level that is written: -4 debug, 0 info, 4 warn, 8 error. */
    minLevel: number
    /** Whether they tell the caller's address. */
    logIP: boolean
    /** Whether they tell the caller's id. */
    logAuthId: boolean
    /** Most bytes of a log's `data`; 0 for 16 KiB; since 0.40. */
    maxDataSize?: number
  }
  /** The addresses that superusers may come from; empty for any; since 0.38. */
  superuserIPs?: string[]
}

/** Settings to change: those that should be different. */
export type SettingsChange = {
  [K in keyof AppSettings]?: AppSettings[K] extends readonly unknown[] | undefined
    ? AppSettings[K]
    : Changed<AppSettings[K]>
}

type Changed<T> = { [K in keyof T]?: T[K] extends S3Config ? Partial<T[K]> : T[K] }
