const { use } = require('../interop/index.cjs')

test('the client works in Jest, which cannot require an ES module', async () => {
  expect(require.resolve('pocketbase-typescript')).toMatch(/umd/)
  expect(await use(process.env.PB_URL, process.env.PB_EMAIL, process.env.PB_PASSWORD)).toBe('ok')
})
