(class_declaration name: (identifier) @name) @class
(object_declaration name: (identifier) @name) @class
(function_declaration name: (identifier) @name) @function
(import) @import
(class_body (property_declaration (variable_declaration (identifier) @name)) @field)
(class_parameter . (identifier) @name) @field
(enum_entry (identifier) @name) @field
