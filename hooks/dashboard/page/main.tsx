import { render } from 'preact'

import { App } from './app.tsx'
import { restoreSession } from './client.ts'

void restoreSession().then(() => render(<App />, document.getElementById('app')!))
