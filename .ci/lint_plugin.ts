/** House rules that `deno lint` does not know. */
const PLUGIN: Deno.lint.Plugin = {
  name: "house",
  rules: {
    "ffi-only-in-ffi": {
      create(context) {
        if (/\/(ffi|tests|bench)\//.test(context.filename)) return {};
        return {
          MemberExpression(node) {
            if (
              node.object.type === "Identifier" &&
              node.object.name === "Deno" &&
              node.property.type === "Identifier" &&
              node.property.name === "dlopen"
            ) {
              context.report({ node, message: "Deno.dlopen belongs in ffi/" });
            }
          },
        };
      },
    },
    "no-private-keyword": {
      create(context) {
        return {
          "PropertyDefinition[accessibility='private'], MethodDefinition[accessibility='private']"(
            node,
          ) {
            context.report({ node, message: "Use #name, not private" });
          },
        };
      },
    },
  },
};
export default PLUGIN;
