import type { AuthRecord } from '../../../src/index.ts'
import { pb, useSession } from './client.ts'
import { DyedUsers } from './dyed-users.tsx'
import { Answer, Notice } from './feedback.tsx'
import { goTo, usePlace } from './place.ts'
import { useQuery } from './query.ts'
import { SignIn } from './sign-in.tsx'
import { Tabs } from './tabs.tsx'
import { ThemeSwitch } from './theme.tsx'
import { Traces } from './traces/traces.tsx'
import { Traffic } from './traffic/traffic.tsx'

const tabs = { traffic: 'Traffic', traces: 'Traces', 'dyed-users': 'Dyed users' }

/** The page. */
export function App() {
  const { superuser, hasExpired } = useSession()
  return (
    <>
      <header class="top">
        <h1>
          <Mark /> Analytics <span class="muted">{location.host}</span>
        </h1>
        <div class="row">
          <ThemeSwitch />
          {superuser && <Account superuser={superuser} />}
        </div>
      </header>
      {superuser ? <Dashboard /> : <SignIn hasExpired={hasExpired} />}
    </>
  )
}

function Account({ superuser }: { superuser: NonNullable<AuthRecord> }) {
  return (
    <>
      <span class="muted account">{superuser['email']}</span>
      <button type="button" onClick={() => pb.authStore.clear()}>
        Sign out
      </button>
    </>
  )
}

function Dashboard() {
  const { path, query } = usePlace()
  const [first = '', second] = path
  const selected = Object.hasOwn(tabs, first) ? (first as keyof typeof tabs) : 'traffic'
  const config = useQuery((signal) => pb.analytics.getConfig({ signal }), [])
  return (
    <>
      <Tabs labels={tabs} selected={selected} onSelect={(name) => goTo([name])} />
      <main>
        <div id="panel" role="tabpanel" aria-labelledby={`tab-${selected}`}>
          <Answer query={config}>
            {(known) => {
              if (selected === 'traces') {
                return <Traces config={known} query={query} traceId={second} />
              }
              if (selected === 'dyed-users') return <DyedUsers config={known} />
              return <Traffic config={known} query={query} />
            }}
          </Answer>
          {config.data && !config.data.pack && (
            <Notice>This server is not the hooks pack, so some of this may not work.</Notice>
          )}
        </div>
      </main>
    </>
  )
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 16 16" aria-hidden="true">
      <rect x="1" y="8" width="4" height="7" rx="1" />
      <rect x="6" y="4" width="4" height="11" rx="1" />
      <rect x="11" y="1" width="4" height="14" rx="1" />
    </svg>
  )
}
