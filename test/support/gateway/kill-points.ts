/** The span in which a process works until it is killed. It may end at any step. */
export type Life = { step(): void; readonly taken: number; readonly ended: boolean }

export class Killed extends Error {
  override readonly name = 'Killed'
}

/** A life that ends at its `steps`-th step. That step and all later ones throw. */
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
 * Wraps the target with a step before and one after each call of the named methods. So a kill may
 * come before the effect, or after it but before the answer.
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
