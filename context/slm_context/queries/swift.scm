(class_declaration name: (type_identifier) @name) @class
(protocol_declaration name: (type_identifier) @name) @class
(function_declaration name: (simple_identifier) @name) @function
(class_body (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @field)
(enum_entry name: (simple_identifier) @name) @field
