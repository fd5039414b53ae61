(function_declaration name: (identifier) @name) @function
(generator_function_declaration name: (identifier) @name) @function
(class_declaration name: (identifier) @name) @class
(method_definition name: (property_identifier) @name) @method
(program (lexical_declaration (variable_declarator name: (identifier) @name) @constant))
(program (export_statement (lexical_declaration (variable_declarator name: (identifier) @name) @constant)))
(program (variable_declaration (variable_declarator name: (identifier) @name) @constant))
(import_statement) @import
(variable_declarator value: (call_expression function: (identifier) @require)) @import
; What is put together at run time: `x.name = function`, `exports.name = …`, `{ name: function }`.
(assignment_expression left: (member_expression object: [(identifier) (member_expression)] property: (property_identifier) @name) right: [(function_expression) (arrow_function)]) @method
(program (expression_statement (assignment_expression left: (member_expression object: (identifier) @_of property: (property_identifier) @name) right: [(identifier) (call_expression) (new_expression) (number) (string) (object) (array) (class)]) @constant) (#eq? @_of "exports"))
(program (expression_statement (assignment_expression left: (member_expression object: (member_expression object: (identifier) @_of property: (property_identifier) @_exports) property: (property_identifier) @name) right: [(identifier) (call_expression) (new_expression) (number) (string) (object) (array) (class)]) @constant) (#eq? @_of "module") (#eq? @_exports "exports"))
(pair key: (property_identifier) @name value: [(function_expression) (arrow_function)]) @method
(field_definition property: (property_identifier) @name) @field
