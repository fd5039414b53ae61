(function_declaration name: (identifier) @name) @function
(function_signature name: (identifier) @name) @function
(generator_function_declaration name: (identifier) @name) @function
(class_declaration name: (type_identifier) @name) @class
(abstract_class_declaration name: (type_identifier) @name) @class
(interface_declaration name: (type_identifier) @name) @class
(enum_declaration name: (identifier) @name) @class
(type_alias_declaration name: (type_identifier) @name value: (object_type)) @class
(type_alias_declaration name: (type_identifier) @name) @type
(method_definition name: (property_identifier) @name) @method
(method_signature name: (property_identifier) @name) @method
(abstract_method_signature name: (property_identifier) @name) @method
(program (lexical_declaration (variable_declarator name: (identifier) @name) @constant))
(program (export_statement (lexical_declaration (variable_declarator name: (identifier) @name) @constant)))
(import_statement) @import
(public_field_definition name: (property_identifier) @name) @field
(interface_body (property_signature name: (property_identifier) @name) @field)
(type_alias_declaration value: (object_type (property_signature name: (property_identifier) @name) @field))
(enum_body name: (property_identifier) @name @field)
(enum_assignment name: (property_identifier) @name) @field
