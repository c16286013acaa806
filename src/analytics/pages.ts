/** Adds a listener, and says how to remove it. */
export function listen(
  target: EventTarget,
  type: string,
  listener: (event: any) => void,
): () => void {
  target.addEventListener(type, listener)
  return () => target.removeEventListener(type, listener)
}

/** Calls back whenever the page may have another URL, without being loaded. */
export function watchURL(onChange: () => void): (() => void)[] {
  const { navigation, history } = globalThis as { navigation?: EventTarget; history: History }
  if (navigation) return [listen(navigation, 'currententrychange', onChange)]
  return [
    listen(globalThis, 'popstate', onChange),
    ...(['pushState', 'replaceState'] as const).map((name) => {
      const original = history[name]
      let isOn = true
      const patched: History['pushState'] = (...args) => {
        original.apply(history, args)
        if (isOn) onChange()
      }
      history[name] = patched
      return () => {
        isOn = false
        // Others may have patched it since.
        if (history[name] === patched) history[name] = original
      }
    }),
  ]
}
