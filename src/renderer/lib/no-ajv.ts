// Stands in for @rjsf/validator-ajv8, which compiles schemas with eval; see vite.renderer.config.ts.
export default null
