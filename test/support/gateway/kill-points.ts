/** What a process does until it is killed: every step is a point at which it may end. */
export type Life = { step(): void; readonly taken: number; readonly ended: boolean }

export class Killed extends Error {
  override readonly name = 'Killed'
}

/** A life that ends at its `steps`-th step; from then on every step is one too many. */
export const createLife = (steps: number): Life => {
  let taken = 0
  return {
    step: () => {
      taken += 1
      if (taken >= steps) throw new Killed(`killed at step ${steps}`)
    },
    get taken() {
      return taken
    },
    get ended() {
      return taken >= steps
    },
  }
}

/**
 * The target with a step before and after each call of the methods named: a kill finds the effect
 * undone, or done and unknown.
 */
export const mortal = <T extends object>(
  target: T,
  methods: readonly (keyof T & string)[],
  life: Life,
): T =>
  new Proxy(target, {
    get: (object, name) => {
      const member: unknown = Reflect.get(object, name, object)
      if (typeof member !== 'function' || !(methods as readonly string[]).includes(String(name))) {
        return member
      }
      return async (...args: unknown[]): Promise<unknown> => {
        life.step()
        const result: unknown = await Reflect.apply(member, object, args)
        life.step()
        return result
      }
    },
  })
