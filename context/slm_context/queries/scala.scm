(class_definition name: (identifier) @name) @class
(object_definition name: (identifier) @name) @class
(trait_definition name: (identifier) @name) @class
(function_definition name: (identifier) @name) @function
(function_declaration name: (identifier) @name) @function
(import_declaration) @import
(template_body (val_definition pattern: (identifier) @name) @field)
(class_parameter name: (identifier) @name) @field
