(function_declaration name: (identifier) @name) @function
(generator_function_declaration name: (identifier) @name) @function
(class_declaration name: (identifier) @name) @class
(method_definition name: (property_identifier) @name) @method
(program (lexical_declaration (variable_declarator name: (identifier) @name) @constant))
(program (export_statement (lexical_declaration (variable_declarator name: (identifier) @name) @constant)))
(program (variable_declaration (variable_declarator name: (identifier) @name) @constant))
(import_statement) @import
(variable_declarator value: (call_expression function: (identifier) @require)) @import
(assignment_expression left: (member_expression object: [(identifier) (member_expression)] property: (property_identifier) @name) right: [(function_expression) (arrow_function)]) @method
