/** Access rules that let everyone do everything. */
export const open = { listRule: '', viewRule: '', createRule: '', updateRule: '', deleteRule: '' }
