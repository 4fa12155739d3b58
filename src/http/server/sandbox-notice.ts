/** Shown on every page while the sandbox replaces Genesys. */
export const SANDBOX_NOTICE = 'Genesys is simulated here: nothing reaches a real contact centre.'
