(class_declaration name: (type_identifier) @name) @class
(protocol_declaration name: (type_identifier) @name) @class
(function_declaration name: (simple_identifier) @name) @function
