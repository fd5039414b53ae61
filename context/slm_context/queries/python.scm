; Definitions outside of functions: what other files can name.
(module (function_definition name: (identifier) @name) @function)
(module (decorated_definition definition: (function_definition name: (identifier) @name) @function))
(class_definition body: (block (function_definition name: (identifier) @name) @method))
(class_definition body: (block (decorated_definition definition: (function_definition name: (identifier) @name) @method)))
(class_definition name: (identifier) @name) @class
(module (expression_statement (assignment left: (identifier) @name) @constant))
(module (type_alias_statement (type (identifier) @name)) @type)
(import_statement) @import
(import_from_statement) @import
; What instances and enumerations have.
(class_definition body: (block (expression_statement (assignment left: (identifier) @name) @field)))
(class_definition body: (block (function_definition name: (identifier) @_init body: (block (expression_statement (assignment left: (attribute object: (identifier) @_self attribute: (identifier) @name)) @field)))) (#eq? @_init "__init__") (#eq? @_self "self"))
