/** The notice on every page while Genesys is the bundled simulator. */
export const SANDBOX_NOTICE = 'Genesys is simulated here: nothing reaches a real contact centre.'
